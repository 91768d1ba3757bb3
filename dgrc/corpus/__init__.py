"""Documents to unlabeled questions, all but the teacher's part: files, passages, what repeats, what is kept.

    documents -> chunking (passages -> shard, near_duplicates) -> [pipeline: write] -> filter -> questions.jsonl

Work is cut into shards whose results are files (`sharded_tasks`), so memory does not grow with the corpus.
"""
