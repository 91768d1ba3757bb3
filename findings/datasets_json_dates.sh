#!/bin/sh
# datasets 5.2.0: a JSON column whose texts are all dates comes back as times, not as the texts that are in the file.
#
# JSON knows no dates: "2021-03-04" in quotes is a string. `load_dataset("json")` gives a datetime for it, if every
# value of the column (in the first block) looks like an ISO date or time, and the string again as soon as one does not.
# So labels, answers or ids that happen to be dates no longer equal what was written, and printed they have a time of
# day that nobody wrote: "2021-03-04 00:00:00". Evaluation tools that read their tasks with it (lm-evaluation-harness)
# then hold replies against that. Right: texts, as in CSV and Parquet written from the same rows.
# Output: dates alone give timestamp[s] and datetime(2021, 3, 4, 0, 0); with one other text, string and '2021-03-04'.
# Source: Arrow reads the file, and its page on JSON says so ("JSON strings of the kind YYYY-MM-DD ... convert to
# timestamp[s]"); who calls datasets does not meet that page. Seen 2026-11-29.
. "$(dirname "$0")/common"
install datasets==5.2.0 pyarrow==26.0.1
try_it <<'END'
import json
from datasets import load_dataset

def loaded(name, answers):
    with open(name, "w") as file:
        file.writelines(json.dumps({"answer": answer}) + "\n" for answer in answers)
    found = load_dataset("json", data_files={"test": name}, cache_dir="cache")["test"]
    return str(found.features["answer"].dtype), found[0]["answer"]

dates = loaded("dates.jsonl", ["2021-03-04", "2021-03-05"])
mixed = loaded("mixed.jsonl", ["2021-03-04", "in March"])
print(f"dates alone: {dates}; with one other text: {mixed}")
assert dates[0] == "timestamp[s]" and str(dates[1]) == "2021-03-04 00:00:00"
assert mixed == ("string", "2021-03-04")
END
