#!/bin/sh
# llguidance 1.7.6: the grammar of a JSON schema refuses what `json.dumps` writes, if a letter is not ASCII.
#
# llguidance turns a JSON schema into a grammar of what a model may write. In a string it takes every letter as it is
# and `\u` for control characters alone. JSON allows `\u` for all, and many programs write it so: a model that has
# learned from their output finds its own way to write é closed. `\/` is refused too. Replies checked after the fact, or
# recorded ones, may be right JSON for the schema and still not pass. Right: all five texts, which are JSON strings.
# Output: "café" is taken, "caf\u00e9" and "and\/or" are not, "line\nbreak" and "\u0001" are.
# Source: llguidance's json_schema.md; RFC 8259, section 7. Seen 2026-11-28.
. "$(dirname "$0")/common"
install llguidance==1.7.6
try_it <<'END'
import json
from llguidance import LLMatcher, LLTokenizer

tokenizer = LLTokenizer("byte")
grammar = LLMatcher.grammar_from_json_schema(json.dumps({"type": "string"}))

def takes(text):
    matcher = LLMatcher(tokenizer, grammar, log_level=0)
    tokens = tokenizer.tokenize_str(text)
    return matcher.consume_tokens(tokens) and matcher.is_accepting()

texts = ['"café"', json.dumps("café"), r'"and\/or"', json.dumps("line\nbreak"), r'"\u0001"']
seen = [takes(text) for text in texts]
for text, taken in zip(texts, seen):
    print(f"{text} means {json.loads(text)!r}: taken: {taken}")
assert seen == [True, False, False, True, True]
END
