#!/usr/bin/env bash
# Evaluation only: a trained model answers the test dialogues, and the answers are scored.
#
#   sbatch recipes/slurm/evaluate.sh MODEL TEST OUT [simpletod|interference]
#   sbatch --gres=gpu:1 recipes/slurm/evaluate.sh hf:runs/paper/interference-seed0/model data/test.jsonl runs/again
#
# TEST is JSONL of dialogues; the last word says whether they are read with their insertions (the default) or without.
# OUT gets <test>-<rendering>.jsonl, the predictions, and <test>-<rendering>.json, the scores.
#SBATCH --job-name=duologue-evaluate
#SBATCH --output=%x-%j.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --cpus-per-task=4
#SBATCH --time=4:00:00
set -euo pipefail

if (($# < 3)); then
    echo "usage: sbatch $0 MODEL TEST OUT [simpletod|interference]" >&2
    exit 2
fi
model=$1 test=$2 out=$3 rendering=${4:-interference}
name=$(basename "$test" .jsonl)-$rendering

duologue respond simpletod "$test" --variant "$rendering" --model "$model" --out "$out/$name.jsonl"
duologue evaluate interference "$out/$name.jsonl" --reference "$test" --variant "$rendering" --json "$out/$name.json"
