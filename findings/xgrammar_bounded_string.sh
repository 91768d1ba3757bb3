#!/bin/sh
# xgrammar 0.2.8: a string with `maxLength` cannot hold a quotation mark, a backslash or a line break any more.
#
# xgrammar turns a JSON schema into a grammar of what a model may write. A plain string takes JSON's escapes. Once the
# schema bounds its length it takes none of them: a model that wants to quote somebody can only end the string there.
# `json.dumps` says what is right: all four texts are JSON. Known upstream as mlc-ai/xgrammar issue 800, open when seen.
# Output: without maxLength True, True, True, True; with it True, False, False, False.
# Source: `JSONSchemaConverter::GenerateString`; https://json-schema.org (maxLength counts characters). Seen 2026-11-28.
. "$(dirname "$0")/common"
install xgrammar==0.2.8 torch==2.13.0 transformers==5.19.0
try_it <<'END'
import json
import xgrammar

tokens = xgrammar.TokenizerInfo([bytes([i]) for i in range(256)], vocab_size=256, stop_token_ids=[0])
compiler = xgrammar.GrammarCompiler(tokens)

def takes(schema, text):
    matcher = xgrammar.GrammarMatcher(compiler.compile_json_schema(schema), terminate_without_stop_token=True)
    return matcher.accept_string(text) and matcher.is_terminated()

texts = [json.dumps(value) for value in ("plain", 'she said "no"', "a\\b", "two\nlines")]
plain = [takes({"type": "string"}, text) for text in texts]
bounded = [takes({"type": "string", "maxLength": 100}, text) for text in texts]
for row in zip(texts, plain, bounded):
    print("%r: a plain string takes it: %s, one with maxLength 100: %s" % row)
assert plain == [True, True, True, True]
assert bounded == [True, False, False, False]
END
