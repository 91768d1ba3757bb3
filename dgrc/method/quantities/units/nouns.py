"""Nouns beside numbers: things that are counted, each a unit of its own, and what a measure may be of.

A noun that stands in neither table is not understood, and a number beside it is no measure.
"""

_COUNTED = """
tablet|tab|tabs
capsule|caps|cap
pill
dose
puff
vial
ampoule|ampule|ampules|ampul
spray
patch|patches
suppository|suppositories
lozenge
sachet
bottle
injection
vote
juror
judge
justice
senator
representative
member
person|people|persons|individuals
patient
participant
subject
child|children
adult
man|men
woman|women
infant
death
state
country|countries
county|counties
case
court
witness|witnesses
party|parties
shareholder
share
director
employee
worker
creditor
claim
count
offense|offence|offences
element
factor
criterion|criteria
stage
step
phase
amendment
article
section
page
word
time|times
point
vertebra|vertebrae
rib
bone
tooth|teeth
chamber
lobe
valve
nerve
chromosome
gene
base_pair|bp|base pairs
kilobase|kb
codon
amino_acid|amino acids
atom
molecule
electron
proton
event
visit
session
cycle
episode
seizure
contraction
inhabitant
resident
citizen
voter
population
patient_year|patient-years|patient years
person_year|person-years|person years
man_hour|man-hours
hpf|high-power field|high power field
live_birth|live births
birth
"""
COUNTED: dict[str, tuple[str, ...]] = {}
for _line in _COUNTED.strip().splitlines():
    _name, *_others = _line.split("|")
    COUNTED[_name] = tuple(other for other in _others if other)

_OF = {
    "of imprisonment": "of imprisonment|imprisonment|in prison|of prison|prison|of incarceration|incarceration",
    "in jail": "in jail|jail|of jail|jail time", "of probation": "of probation|probation|on probation",
    "of supervised release": "of supervised release|supervised release", "of parole": "of parole|parole|on parole",
    "of detention": "of detention|detention|in detention|in custody|of custody",
    "of community service": "of community service|community service",
    "of hard labor": "of hard labor|hard labor|of hard labour|hard labour",
    "of notice": "of notice|notice|written notice", "of experience": "of experience|experience",
    "of treatment": "of treatment|treatment|of therapy|therapy", "of service": "of service|service",
    "of gestation": "of gestation|gestation|gestational age|of gestational age|of pregnancy|pregnant",
    "of insulin": "of insulin|insulin", "old": "old|of age|- old|yo|y / o|/ o", "w/v": "w / v", "w/w": "w / w",
    "v/v": "v / v", "of body weight": "of body weight|body weight|bodyweight",
}  # fmt: skip
TIMES_OF = frozenset(_OF) - {"of insulin", "w/v", "w/w", "v/v", "of body weight"}
"""What only a time is of."""
NOUNS = {spelling: name for name, spellings in _OF.items() for spelling in spellings.split("|")}
"""What a measure may be of, and so is another measure than the same without: spelling to the name of it."""
