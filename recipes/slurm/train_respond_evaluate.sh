#!/usr/bin/env bash
# The interference experiment as a Slurm array of three tasks, one per rendering of the training data:
# 1 simpletod, 2 fusedchat, 3 interference. Each trains, answers the test dialogues and scores the answers;
# simpletod also answers the clean test dialogues (the reference setup), which makes the four setups of the paper.
#
#   sbatch --array=1-3 recipes/slurm/train_respond_evaluate.sh MODEL DATA OUT [options of duologue train sft]
#   sbatch --array=1-3 --gres=gpu:1 recipes/slurm/train_respond_evaluate.sh hf:meta-llama/Llama-2-7b-hf \
#       data runs/paper --lora.r 32 --learning-rate 3e-5
#
# DATA holds train.jsonl, val.jsonl and test.jsonl as `duologue synthesize interference` writes them (dialogues.jsonl),
# and train-fusedchat.jsonl, val-fusedchat.jsonl as `duologue convert --from fusedchat` does. SEED (default 0) is the
# training's.
# A task that is stopped goes on from its last checkpoint and its last answer when it is run again.
#SBATCH --job-name=duologue-interference
#SBATCH --output=%x-%A-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --cpus-per-task=4
#SBATCH --time=15:00:00
set -euo pipefail

if (($# < 3)) || [[ -z ${SLURM_ARRAY_TASK_ID:-} ]]; then
    echo "usage: sbatch --array=1-3 $0 MODEL DATA OUT [options of duologue train sft]" >&2
    exit 2
fi
model=$1 data=$2 seed=${SEED:-0}
variants=(simpletod fusedchat interference)
variant=${variants[SLURM_ARRAY_TASK_ID - 1]}
out=$3/$variant-seed$seed
suffix=""
if [[ $variant == fusedchat ]]; then suffix=-fusedchat; fi

# answer and score: respond_evaluate RENDERING
respond_evaluate() {
    duologue respond simpletod "$data/test.jsonl" --variant "$1" --model "hf:$out/model" --out "$out/test-$1.jsonl"
    duologue evaluate interference "$out/test-$1.jsonl" --reference "$data/test.jsonl" --variant "$1" \
        --json "$out/test-$1.json"
}

duologue train sft "$data/train$suffix.jsonl" --format duologue --variant "$variant" \
    --validation "$data/val$suffix.jsonl" --model "$model" --out "$out/model" --seed "$seed" "${@:4}"

respond_evaluate interference
if [[ $variant == simpletod ]]; then respond_evaluate simpletod; fi
