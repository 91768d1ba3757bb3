#!/bin/sh
# lxml 6.1.3: of a page nested deeper than 256 elements the HTML parser gives what stands before, and no error.
#
# HTML has no limit of depth, and pages of old word processors and of forums nest hundreds of elements. The parser's
# guard against deep input (`huge_tree=False`, the default) ends the reading at that place: all text in and behind it is
# gone, whole paragraphs that are not nested at all among it. The XML parser raises XMLSyntaxError at the same limit, the
# HTML parser returns a tree as if the page ended there. Only `parser.error_log` tells. Right: an error, as for XML.
# Output: 240 deep: all three paragraphs; 300 deep: ['before'] and ERR_RESOURCE_LIMIT in the log; XML raises.
# Source: libxml2 limits depth to 256 (XML_PARSE_HUGE: 2048), and its HTML parser goes on after every error but this one,
# at which it stops. https://lxml.de/parsing.html names `huge_tree` and no silence. Seen 2026-11-29.
. "$(dirname "$0")/common"
install lxml==6.1.3
try_it <<'END'
from lxml import etree

def read(depth):
    page = f"<body><p>before</p>{'<div>' * depth}<p>inside</p>{'</div>' * depth}<p>after</p></body>"
    parser = etree.HTMLParser(encoding="utf-8")
    tree = etree.fromstring(page.encode(), parser)
    return [p.text for p in tree.iter("p")], [error.type_name for error in parser.error_log]

flat, deep = read(240), read(300)
try:
    etree.fromstring("<div>" * 300 + "</div>" * 300)
    xml = "a tree"
except etree.XMLSyntaxError as error:
    xml = str(error).partition(",")[0]
print(f"240 deep: {flat}; 300 deep: {deep}; XML, 300 deep: {xml}")
assert flat == (["before", "inside", "after"], [])
assert deep == (["before"], ["ERR_RESOURCE_LIMIT"])
assert "Excessive depth" in xml
END
