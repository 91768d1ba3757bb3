"""Examples to batches: `inputs` checks them, `encode` makes tokens, `stages` orders visits, `packing` fills batches."""
