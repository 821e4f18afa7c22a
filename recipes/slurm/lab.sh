#!/usr/bin/env bash
# One system of the lab as a job: an adapter is trained, answers the test dialogues, and the answers are scored.
#
#   sbatch recipes/slurm/lab.sh MODEL DATA OUT [options of duologue train sft]
#   sbatch --gres=gpu:1 recipes/slurm/lab.sh hf:EleutherAI/pythia-12b data runs/pythia --bits 4 --lora.r 64
#
# DATA holds train.jsonl, val.jsonl and test.jsonl (`duologue convert SRC data/train.jsonl --from FORMAT`) and db/, the venue
# databases. INSTRUCTION, if set, stands before every history. A job that is stopped goes on where it was.
#SBATCH --job-name=duologue-lab
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --cpus-per-task=4
#SBATCH --time=15:00:00
set -euo pipefail

if (($# < 3)); then
    echo "usage: sbatch $0 MODEL DATA OUT [options of duologue train sft]" >&2
    exit 2
fi
model=$1 data=$2 out=$3
told=()
if [[ -n ${INSTRUCTION:-} ]]; then told=(--instruction "$INSTRUCTION"); fi

duologue train sft "$data/train.jsonl" --format duologue --view response "${told[@]}" --model "$model" \
    --validation "$data/val.jsonl" --db "$data/db" --out "$out/model" "${@:4}"
duologue respond chat "$data/test.jsonl" "${told[@]}" --model "hf:$out/model" --out "$out/test.jsonl"
duologue evaluate tod "$out/test.jsonl" --reference "$data/test.jsonl" --format duologue --db "$data/db" \
    --delexicalise --json "$out/test.json"
duologue report --table "$out/model" "$out/test.json" --append "$out/../results.md"
