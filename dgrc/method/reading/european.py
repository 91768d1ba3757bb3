"""The usual wordings in which a model says in Spanish, Portuguese, French, Italian, German or Dutch which answer it
gives: what `wordings` is for English.

They are narrower than those: what stands behind an `if` in the same sentence is no answer. Repetitions are bounded, as
there.
"""

import re

_ROMANCE = (
    r"respuesta|opci[óo]n|alternativa|soluci[óo]n|elecci[óo]n|r[ée]ponse|resposta|op[çc][ãa]o|solu[çc][ãa]o|risposta"
    r"|opzione|soluzione|(?<=l['\u2019])option|(?<=la )solution|(?<=la )proposition"
)
_GERMANIC = r"antwort(?:möglichkeit)?|l(?:ö|oe)sung|(?<=ige )option|antwoord"
_NOUN = rf"(?:{_ROMANCE}|{_GERMANIC})"
ANY = re.compile(
    rf"\b(?:{_NOUN}|elijo|escojo|choisis|w(?:ä|ae)hle|richtig|korrekt"
    r"|dir[íi]a|direi|propendo|inclin(?:o|ar[íi]a)|dirais|pench(?:e|erais?)|tendiere"
    r"|option [(\[*]*[A-Z]\b.{0,99}? (?:est|ist|es|è|é)\b)",
    re.IGNORECASE,
)
"""Where a text has none of these, no wording here is looked for."""
_BEFORE = (
    r"(?:(?:mejor|bonne|meilleure|melhor|migliore|(?:richtig|korrekt|best|endgültig|wahrscheinlichst|final|juist|correct"
    r"|goed)e) ){0,2}"
)
_BEHIND = (
    r"(?: (?:final|finale|correct[ao]|correta|correcte|corretta|exact[ae]|esatta|giusta|certa|juste|adecuada|apropiada"
    r"|acertada|definitiva|d[ée]finitive|(?:m[áa]s|mais|più|la plus) (?:adecuada|probable|apropiada|acertada|adequada"
    r"|prov[áa]vel|probabile|appropriata|appropri[ée]e|adapt[ée]e))){0,3}"
    r"(?: (?:a|à|al|alla|auf|de|para|pour|per|für|op) (?:la |le |die |diese |a |het |de )?"
    r"(?:pregunta|question|pergunta|domanda|frage|vraag))?"
)
_SURELY = (
    r"(?:(?:por (?:lo )?tanto|entonces|claramente|donc|clairement|bien|portanto|quindi|dunque|also|daher|somit|demnach"
    r"|folglich|eindeutig|dus),? ){0,2}"
)
_SAYS = (
    r"(?:,? ?(?:(?:\b(?:es|est|ist|lautet|is|é|è|ser[íi]a|serait|w(?:ä|ae)re|sarebbe)(?![\w'\u2019-])"
    r"|[:=]|->|[\u2192\u2013\u2014])[*_ ]{0,8}:?[*_ ]{0,8}))"
)
_ARTICLE = r"(?:\b(?:la|mi|die|meine|das|a|minha|il|le|ma|het)\b |\bl['\u2019])?"
_HEAD = rf"{_ARTICLE}\b{_BEFORE}{_NOUN}{_BEHIND}[*_ \u00a0]{{0,8}}{_SAYS}{{1,2}}{_SURELY}:? ?"
_OF_OPTION = (
    r"[*_]{0,4}(?-i:(?:la|el|il|die|das|de|het|o|a|l['\u2019])(?: |(?<=['\u2019])))?"
    r"(?:(?:opci[óo]n|option|alternativa|letra|lettre|lettera|antwort|respuesta|r[ée]ponse|op[çc][ãa]o|opzione|optie"
    r"|risposta|resposta|antwoord|buchstabe|literal|inciso)"
    r"(?: (?:correct[ao]|correta|correcte|corretta|richtige))?:? )?"
)
_LETTER = r"[(\[*\"]{0,4}[A-Z](?![\w'\u2019])"
_INVERTED = (
    rf"\b(?:ist|lautet|is)\b {_SURELY}(?:die|meine|het|unsere) {_BEFORE}(?:antwort|l(?:ö|oe)sung|option|antwoord)"
    rf"(?: {_SURELY})?[: ]{{1,3}}(?=(?-i:{_LETTER}))"
)
_RIGHT_IS = (
    rf"\b(?:richtig|korrekt) (?:ist|w(?:ä|ae)re) {_SURELY}(?:die )?(?:(?:antwort|option) )?(?=(?-i:{_LETTER}))"
)
_CHOSEN = (
    r"(?:\b(?:elijo|escojo|selecciono|escolho|scelgo|dir[íi]a|direi|propendo per|me inclino por|me inclinar[íi]a por)"
    r"|\bje (?:choisis|dirais|pencherais? pour|penche pour)|\bich (?:w(?:ä|ae)hle|tendiere zu)|\bik kies) "
    r"(?:(?:la|el|die|de|a|l['\u2019]) ?)?(?:(?:opci[óo]n|option|respuesta|r[ée]ponse|antwort|letra|op[çc][ãa]o) )?"
    rf"(?=(?-i:{_LETTER}))"
)
ANSWER_IS = re.compile(rf"(?:{_HEAD}{_OF_OPTION}|{_INVERTED}|{_RIGHT_IS}|{_CHOSEN})", re.IGNORECASE)
OPEN_ANSWER_IS = re.compile(_HEAD, re.IGNORECASE)
"""The same before an answer that is no option."""
_CALLED = (
    r"(?:(?:por (?:lo )?tanto|donc|portanto|quindi|also|daher|somit),? )?"
    r"(?:correct[ao]|correta|correcte|corretta|exacte|richtig|korrekt|juist|giusta|certa"
    r"|(?:la|a|die|het|l['\u2019]|una|eine)? ?(?:bonne|meilleure|mejor|melhor|migliore|richtige|korrekte|beste"
    r"|juiste)? ?"
    r"(?:respuesta|opci[óo]n|r[ée]ponse|antwort|l(?:ö|oe)sung|resposta|op[çc][ãa]o|risposta|opzione|antwoord|option)"
    r"(?: (?:correct[ao]|correta|correcte|corretta|exacte|giusta|certa))?"
    r"|la (?:correcta|bonne|mejor|corretta)|die richtige)\b"
)
_NAME = (
    r"(?:opci[óo]n|option|antwort(?:möglichkeit)?|respuesta|alternativa|r[ée]ponse|op[çc][ãa]o|opzione|risposta|resposta"
    r"|optie|antwoord|letra|inciso) "
)
LETTER_IS = re.compile(
    rf"(?:\b{_NAME}|(?<![\w'\u2019])(?=[(\[*\"]{{0,4}}(?-i:[A-Z])[)\]*\"]{{0,4}} (?:es|est|ist|è|é) (?:la|die|a) ))"
    rf"[(\[*\"]{{0,4}}((?-i:[A-Z]))(?!\w)[)\]*\".:]{{0,4}}(?: ?\([^()\n]{{1,100}}\))?,? (?:es|est|ist|é|è) {_CALLED}"
    rf"|\bist {_SURELY}(?:die )?(?:option|antwort(?:möglichkeit)?) [(\[*\"]{{0,4}}((?-i:[A-Z]))(?!\w)[)\]*\"]{{0,4}}"
    rf" {_CALLED}",
    re.IGNORECASE,
)
"""`La opción B es correcta`, `B est la bonne réponse`, `also ist Antwort C richtig`."""
DENIED_BEFORE = re.compile(
    r"(?:\b(?:no|ne|pas|nicht|kein\w?|não|non|niet|ob|si|se|wenn|falls|sofern|als|cu[áa]l|quelle?|welche|warum|pourquoi)\b"
    r"|n['\u2019]|\u00bf)[^.,\n;:?!]{0,30}\Z"
    r"|\b(?:pourrai[st]|pensai[st]|k(?:ö|oe)nnte|dachte|podr[íi]a|pens[ée]|poderia|pensei|potrebbe"
    r"|pensavo)\b[^.;:?!\n]{0,60}\Z"
    r"|\b(?:una|une|eine|uma|een|otra|autre|andere|outra|altra|primera|segunda|premi[èe]re|deuxi[èe]me|seconde|erste|zweite"
    r"|primeira|prima|posible|possible|falsche|schlechteste|mauvaise|pire|peor|pior|peggiore|falsa)\s{1,3}\Z"
    r"|\b(?:estudiante|alumn[oa]|usuari[oa]|[ée]tudiante?|[ée]l[èe]ve|utilisateur|student(?:in)?|estudante|aluno)\b"
    r"[^.,\n;:?!]{0,30}(?:, dass )?\Z"
    r"|(?:^|[.;:!?\n]\s{0,3})[*_> ]{0,4}(?:si|s['\u2019]il|wenn|falls|sofern|se|als|en caso de|dans le cas)\b"
    r"(?! (?:tuviera que|tuviese que|je devais|ich (?:raten|w(?:ä|ae)hlen) m(?:ü|ue)sste|dovessi|eu tivesse (?:que|de)"
    r"|tivesse (?:que|de))\b)"
    r"[^.;:!?\n]{1,200}\Z",
    re.IGNORECASE,
)
"""Words before a wording that deny it, ask for it or only suppose it."""
ASKED = re.compile(r"[^.!?\n]{0,40}\?")
TAKEN_BACK = re.compile(
    r"\b(?:sin embargo|pero|finalmente|por (?:lo )?tanto|en realidad|entonces|cependant|mais|finalement|en fait|donc"
    r"|toutefois|jedoch|aber|doch|letztlich|tats(?:ä|ae)chlich|daher|somit|porém|portanto|mas|però"
    r"|quindi|infatti|maar|dus)\b",
    re.IGNORECASE,
)
REASONS = (
    r"porque|ya que|pues|puesto que|dado que|debido|mientras|parce que|puisque|tandis que|weil|denn|während|pois|já que"
    r"|enquanto|perch[ée]|poiché|mentre|omdat|terwijl|da|car"
)
"""Words that begin a reason, as part of a pattern."""
NOT_IT = r"(?:y |et |und |e |en )(?:no|non|nicht|não|niet)|no la|pas|nicht|et pas"
"""Words before what the answer is not, as part of a pattern."""
PLACEHOLDERS = frozenset(
    ("tu respuesta", "su respuesta", "respuesta", "votre réponse", "ta réponse", "réponse", "ihre antwort",
     "deine antwort", "antwort", "sua resposta", "resposta", "tua risposta", "letra", "lettre", "buchstabe",
     "no lo sé", "no sé", "je ne sais pas", "ich weiss nicht", "ich weiss es nicht", "não sei", "non lo so", "non so",
     "ik weet het niet")
)  # fmt: skip
