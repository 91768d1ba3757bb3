"""The model to train: `load` reads it, `ds_config` makes DeepSpeed's settings for it."""
