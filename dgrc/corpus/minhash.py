"""MinHash sketches and their band keys: sets of hashed tokens in, arrays out. Sets that share a key may be alike."""

import numpy as np
import rensa

from dgrc.questions.shingles import mixed

PERMUTATIONS, BANDS = 128, 32
"""Of the MinHash: pairs that overlap by 0.8 meet with probability 0.99999, by 0.6 with 0.988, by 0.3 with 0.23."""


def sketches(hashes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """MinHashes of sets of hashed tokens, (sets, PERMUTATIONS) uint32."""
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        hashes, offsets.astype(np.uint64), num_perm=PERMUTATIONS, seed=0
    )
    return np.array(matrix.to_rows(), np.uint32).reshape(-1, PERMUTATIONS)


def band_keys(sketch: np.ndarray) -> np.ndarray:
    """A key for each band of each sketch, (sets, BANDS) uint64; another band's equal values are another key."""
    halves = np.ascontiguousarray(sketch).view(np.uint64).reshape(len(sketch), BANDS, -1)
    keys = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), halves.shape[:2])
    for part in range(halves.shape[2]):
        keys = mixed(keys * np.uint64(0x9E3779B97F4A7C15) + halves[:, :, part])
    return keys
