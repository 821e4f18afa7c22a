#!/usr/bin/env bash
# Synthesis as a Slurm array: every task does one share of the corpus, a last job puts the shares together.
#
#   recipes/slurm/synthesize.sh SHARES OUT OPERATOR SRC [options of duologue synthesize]
#   recipes/slurm/synthesize.sh 8 runs/train interference train.json --format multiwoz21 \
#       --situations situations.json --model openai:llama-3.3-70b --base-url http://node7:8000/v1
#
# Options of sbatch (partition, GPUs, time) go into SBATCH_ARGS, e.g. SBATCH_ARGS="-p gpu --gres=gpu:1 -t 8:00:00".
# A task that is preempted or runs out of time goes on where it stopped: run the same line again.
#SBATCH --job-name=duologue-synthesize
#SBATCH --output=%x-%A-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --cpus-per-task=4
set -euo pipefail

if (($# < 4)); then
    echo "usage: $0 SHARES OUT OPERATOR SRC [options of duologue synthesize]" >&2
    exit 2
fi
shares=$1 out=$2 operator=$3 source=$4

if [[ -z ${SLURM_ARRAY_TASK_ID:-} ]]; then
    # On the login node: submit the array, and the job that gathers once every task has succeeded.
    read -ra sbatch_args <<<"${SBATCH_ARGS:-}"
    array=$(sbatch --parsable "${sbatch_args[@]}" --array="1-$shares" "$0" "$@")
    printf -v gather 'duologue gather %q --out %q' "$out/shares" "$out"
    sbatch --parsable "${sbatch_args[@]}" --job-name=duologue-gather --dependency="afterok:$array" --wrap "$gather"
    exit
fi

# exec, so that Slurm's SIGTERM reaches duologue, which then keeps what is finished.
exec duologue synthesize "$operator" "$source" "${@:5}" \
    --shard "$SLURM_ARRAY_TASK_ID/$shares" --out "$out/shares/$SLURM_ARRAY_TASK_ID"
