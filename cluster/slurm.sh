#!/bin/bash
#SBATCH --job-name=dgrc
#SBATCH --nodes=4
#SBATCH --exclusive
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --requeue
# A run on Slurm nodes: sbatch cluster/slurm.sh CONFIG [dgrc options]. Set partition, account and time for your site.
#
# Ray's head starts on the first node and workers on the others; the run is the batch script itself, so that the job
# ends with it. A requeued job goes on where the run is. The environment (.venv or a module) and `runs_dir` must lie on
# a file system that all nodes see.
set -euo pipefail
CONFIG=${1:?usage: sbatch cluster/slurm.sh CONFIG [dgrc options]}
shift
PORT=${RAY_PORT:-6379}
BIN=${DGRC_BIN:-$PWD/.venv/bin}
export RAY_USAGE_STATS_ENABLED=0 RAY_AUTH_MODE=token
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n') # for this cluster alone; srun hands it to its tasks
export RAY_AUTH_TOKEN

mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
address=$(srun --nodes=1 --ntasks=1 -w "$head" hostname --ip-address | awk '{ print $1 }')
cpus=${SLURM_CPUS_ON_NODE:-$(nproc)}
gpus=${SLURM_GPUS_ON_NODE:-0}

srun --nodes=1 --ntasks=1 --overlap -w "$head" "$BIN/ray" start --head --block \
    --node-ip-address="$address" --port="$PORT" --num-cpus="$cpus" --num-gpus="$gpus" --dashboard-host=127.0.0.1 &
for ((i = 0; i < 60; i++)); do
    "$BIN/ray" status --address="$address:$PORT" >/dev/null 2>&1 && break
    sleep 2
done
if ((${#nodes[@]} > 1)); then
    srun --nodes=$((${#nodes[@]} - 1)) --ntasks=$((${#nodes[@]} - 1)) --overlap --exclude="$head" "$BIN/ray" start \
        --block --address="$address:$PORT" --num-cpus="$cpus" --num-gpus="$gpus" &
fi
for ((i = 0; i < 60; i++)); do # what is reserved is held against the machines that are up when the run begins
    up=$("$BIN/ray" status --address="$address:$PORT" 2>/dev/null | grep -c '^ *1 node_' || true)
    ((up >= ${#nodes[@]})) && break
    sleep 2
done
"$BIN/dgrc" run "$CONFIG" --set "ray.address=$address:$PORT" "$@"
