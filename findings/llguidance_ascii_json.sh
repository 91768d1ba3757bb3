#!/bin/sh
# llguidance 1.7.6: the grammar of a JSON schema refuses what `json.dumps` writes, if a letter is not ASCII.
#
# llguidance turns a JSON schema into a grammar of what a model may write. Its documentation says that `\u` and four
# digits are among the escapes allowed in strings (`json_allowed_escapes`, with "u" by default). They are for control
# characters alone: "\u0001" is taken, "caf\u00e9" is not, also when asked for explicitly. Many programs write JSON in
# ASCII; a model that has learned from their output finds its own way to write é closed, and recorded replies that are
# right for the schema do not pass. Right: all texts here, which are JSON strings.
# Output: "café" and "\u0001" are taken, "caf\u00e9" is not, by default and with the option set.
# Source: llguidance's docs/json_schema.md; RFC 8259, section 7. Seen 2026-11-28.
. "$(dirname "$0")/common"
install llguidance==1.7.6
try_it <<'END'
import json
from llguidance import LLMatcher, LLTokenizer

tokenizer = LLTokenizer("byte")

def takes(schema, text):
    matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_json_schema(json.dumps(schema)), log_level=0)
    return matcher.consume_tokens(tokenizer.tokenize_str(text)) and matcher.is_accepting()

plain = {"type": "string"}
asked = {"type": "string", "x-guidance": {"json_allowed_escapes": 'nrbtf\\"u'}}
texts = ['"café"', json.dumps("café"), json.dumps("\x01")]
seen = [(takes(plain, text), takes(asked, text)) for text in texts]
for text, taken in zip(texts, seen):
    print(f"{text} means {json.loads(text)!r}: taken by default and with json_allowed_escapes: {taken}")
assert seen == [(True, True), (False, False), (True, True)]
END
