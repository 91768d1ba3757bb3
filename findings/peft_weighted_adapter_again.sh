#!/bin/sh
# PEFT 0.21.2: `add_weighted_adapter` under a name that exists does nothing, without a word.
#
# It mixes adapters by weights into a new one. Whoever tries several weights under one name, as in a search for the best
# mix, measures the first mix each time: the call returns None as it always does, raises nothing and warns of nothing.
# `add_adapter` refuses a name that exists. Right: the mix of the weights that were given, or that error.
# Output: mixed 1 : 0 the update is 1.00 times the first adapter's; mixed 0 : 1 under the same name still that, and 0
# warnings; under another name it is the second's. add_adapter raises ValueError.
# Source: peft/tuners/lora/model.py (`add_weighted_adapter`, its first lines); its documentation. Seen 2026-11-30.
. "$(dirname "$0")/common"
install peft==0.21.2 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import warnings

import torch
from peft import LoraConfig, get_peft_model

torch.manual_seed(0)
config = LoraConfig(r=4, target_modules=["0"], init_lora_weights=False)
model = get_peft_model(torch.nn.Sequential(torch.nn.Linear(16, 16)), config, adapter_name="first")
model.add_adapter("second", config)
layer = model.base_model.model[0]
update = lambda name: layer.get_delta_weight(name).detach()
same = lambda one, other: torch.allclose(update(one), update(other), atol=1e-5)

def mix(weights, name):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model.add_weighted_adapter(["first", "second"], weights, name, combination_type="cat")
    return len(said)

mix([1.0, 0.0], "mixed")
assert same("mixed", "first")
warned = mix([0.0, 1.0], "mixed")
mix([0.0, 1.0], "other")
try:
    model.add_adapter("mixed", config)
    added = "no error"
except ValueError as e:
    added = f"ValueError: {e}"[:90]
print(f"mixed 1 : 0, then 0 : 1 under the same name: still the first adapter: {same('mixed', 'first')}; {warned} warnings")
print(f"mixed 0 : 1 under another name: the second adapter: {same('other', 'second')}")
print(f"add_adapter with a name that exists: {added}")
assert same("mixed", "first") and not same("mixed", "second") and same("other", "second") and warned == 0
