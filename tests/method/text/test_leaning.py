"""Atoms that lean on options which they do not show: a table by hand, made before the code, and what came after."""

import json

import pytest

from dgrc.method import diagnose
from dgrc.method.prompts import load_pack
from dgrc.method.text.leaning import leans_on_options

LEANS = """\
Which of the following is a cause of metabolic alkalosis?
Which of the following drugs is a beta blocker?
which of the following statements about negligence per se is true
Which option describes the mechanism of warfarin?
Which option is correct?
Which statement is correct?
Which statement about delirium is false?
Which of these is the antidote for methanol poisoning?
Which of these drugs prolongs the QT interval?
Among the options, which one is a loop diuretic?
Among the given options, which drug crosses the placenta?
Of the options listed, which is a strict liability tort?
Of the following, which is the most common cause of stridor in infants?
What is the correct option for the level of the aortic bifurcation?
Is option B consistent with the hearsay rule?
Does option (C) describe a bilateral contract?
Are options A and D both exceptions to the warrant requirement?
All of the following are features of Cushing syndrome except?
All of the following cause hyperkalemia, except which one?
Each of the following is an element of battery except what?
Which of the above is a defense to a breach of contract?
Which of the listed findings is typical of nephrotic syndrome?
Which answer choice states the parol evidence rule?
Why is the third option wrong about renal clearance?
Which one of the following courts has jurisdiction over admiralty?
What is the best answer among the choices for treating status epilepticus?
Is none of the following a symptom of hypothyroidism?
Which of the options is the holding of Miranda v. Arizona?
Which choice best describes consideration?
下列哪一选项是错误的？
下列哪项不属于代谢性酸中毒的病因？
以下哪项是甲状腺功能减退的表现？
以下哪一种药物是β受体阻滞剂？
下列关于正当防卫的说法正确的是？
关于诉讼时效，下列说法错误的是哪一个？
以下说法中，哪个符合《民法典》的规定？
哪个选项正确描述了华法林的作用机制？
选项B是否符合传闻证据规则？
B选项所述的情形是否构成盗窃罪？
四个选项中哪一个属于法定解除事由？
下列各项中，属于人格权的是什么？
下列药物中，哪种可以通过胎盘？
上述选项中哪一项是无效合同？
哪一项说法是正确的？
关于表见代理，哪种说法不正确？
以下情形中哪些属于不当得利？
""".splitlines()
STANDS = """\
Which of the following is a beta blocker: atenolol or lisinopril?
Which of the following is a cause of metabolic alkalosis, vomiting or diarrhea?
Which of these is the antidote for methanol poisoning, fomepizole or naloxone?
Of the following two drugs, atenolol and lisinopril, which is a beta blocker?
Which of the following courts hears admiralty cases: (A) a state probate court, (B) a federal district court?
Which statement is correct: "S files cut better than H files" or "H files cut better than S files"?
Which drug is an antiviral, oseltamivir or aspirin?
Following a splenectomy, which vaccines are recommended?
What is the value of x in the following equation: 2x = 4?
Which of the coronary arteries supplies the sinoatrial node in most people?
Which of the two kidneys lies lower?
Is a stock option a security under the Securities Exchange Act?
What is the first-line treatment option for status epilepticus in adults?
When must the holder of an option to purchase land give notice?
Which treatment options exist for methanol poisoning?
Does an option contract need consideration to be irrevocable?
Which choice of law rule governs tort claims in New York?
Is medical necessity a statement of fact or of opinion?
Is a statement by an agent within the scope of employment hearsay?
What are the exceptions to the warrant requirement?
Which electrolyte falls when vomiting goes on for days?
Is everything except the mens rea an element that strict liability crimes keep?
Which witness statements are excited utterances under Rule 803?
What must follow a positive screening test for syphilis?
Does the answer to a complaint have to be filed within 21 days of service?
Is vitamin B necessary for collagen synthesis?
Does hepatitis B or hepatitis C more often become chronic?
Which of Newton's laws states that action equals reaction?
If a seller states that all of the goods listed in the invoice conform, is that an express warranty?
Which of its branches does the facial nerve give off in the parotid gland?
Is amoxicillin the right choice of antibiotic for otitis media?
When are the gains of the options granted to an employee taxed?
下列哪种药物是β受体阻滞剂：阿替洛尔还是赖诺普利？
以下哪一项属于代谢性碱中毒的病因，是呕吐还是腹泻？
下列两种情形中哪一种构成盗窃罪：秘密窃取他人财物，还是拾得遗失物后归还？
不满14周岁以下的人是否承担刑事责任？
三年以下有期徒刑可以适用缓刑吗？
根据《劳动合同法》第三十九条，劳动者有下列情形之一的，用人单位能否解除合同，如严重违反规章制度？
收缩压在90毫米汞柱以下时是否应停用硝酸甘油？
哪项检查是诊断肺栓塞的首选？
哪种抗生素会引起耳毒性？
甲状腺功能减退的常见表现有哪些？
债权人的选择权应当在何时行使？
妊娠合并甲亢首选哪种药物，丙硫氧嘧啶还是甲巯咪唑？
维生素B缺乏会引起什么疾病？
合同双方对履行期限约定不明时应如何确定？
""".splitlines()
LATER = """\
The signs of magnesium excess are all except
Which of following ligaments holds the spleen?
The following vessel is not a branch of the aortic arch?
Given the following options, what is the next step in a tension pneumothorax?
Cutting the median nerve at the wrist has the following effects:
Which of the findings below points to heart failure?
A fasting glucose of 6.1 mmol/L: which of the following does it show?
下列何种情形应当回避？
依法下列正确的是：
下列罪名中不能由单位构成的有？
关于留置权的说法，错误的是？
有关保证期间，以下不属于法定情形的是？
法院应当采用以下何种方式送达？
回答问题：下列关于抵押、质押的说法，正确的有？
""".splitlines()
"""Forms that a first look at the stems of 3,739 real exam questions showed to be missed, in other words."""
CASE = ("vomiting diarrhea metabolic alkalosis 代谢性碱中毒 呕吐 腹泻", *LEANS, *STANDS, *LATER)


def refused(pack: str, atom: str) -> list[str]:
    _, dropped, _ = diagnose.parse_reply(load_pack(pack), json.dumps({"questions": [atom]}), CASE)
    return [refusal.reason for refusal in dropped]


@pytest.mark.parametrize("atom", [*LEANS, *LATER])
def test_an_atom_that_leans_on_options_is_refused_as_such(atom: str) -> None:
    assert leans_on_options(atom)
    pack = "legal" if atom.isascii() else "legal_zh"
    asks = "?" in atom or "？" in atom or atom.startswith(("which", "The following"))
    assert refused(pack, atom) == ["leans_on_options" if asks else "no_question"]


@pytest.mark.parametrize("atom", STANDS)
def test_an_atom_that_shows_its_alternatives_or_has_none_stands(atom: str) -> None:
    assert not leans_on_options(atom)
    assert refused("legal" if atom.isascii() else "legal_zh", atom) == []


def test_the_table_is_large_enough() -> None:
    assert len({*LEANS}) >= 40 and len({*STANDS}) >= 40


def test_full_width_and_spaces_change_nothing() -> None:
    assert leans_on_options("Which  of the\nfollowing is a loop diuretic ?")
    assert leans_on_options("\uff37hich option is correct\uff1f")
    assert not leans_on_options("下列哪种药物是利尿剂：呋塞米，阿司匹林？")


@pytest.mark.parametrize(
    "text",
    ["", "?", "except" + "!" * 99_999 + "x", "the following " * 5000, "which of the following" + ", or" * 50_000,
     "Which option is" + " (A) b" * 50_000 + "(", "下列" * 50_000, "哪项说法" * 50_000],
)  # fmt: skip
def test_odd_texts_are_judged_at_once(text: str) -> None:
    assert leans_on_options(text) in (True, False)
