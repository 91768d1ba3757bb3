"""Atoms that point at a case that they do not describe, and atoms that stand alone; written before they were tried."""

import pytest

from dgrc.method.text.pointing import points_elsewhere

POINTING = """
How many mg of Meloxane is one dose for this child?
What is the weight of this patient?
What drug should this patient be given first?
What is the rule that applies in this case?
Did the defendant breach this contract?
What is the total cost in the above scenario?
What does the passage say about negligence?
According to the question, how long is the course?
Which step is wrong in the reasoning?
Is this statement correct?
What is the correct result of this calculation?
What is the answer to your question?
How much does this employee earn per day?
What is the concentration of this syrup?
What is the usual dose of the given drug?
What value is stated above for the dose?
How many tablets are described in the question?
Under this statute, when is a claim barred?
What is the dose mentioned earlier?
Where do these lines of reasoning part in either solution?
What is the most likely diagnosis in this patient?
Is this woman entitled to damages?
How is this infusion given?
该患者的体重是多少?
对该患者应使用多少毫克?
本案的诉讼时效是几年?
上述药物的剂量是多少?
这名患者应首选哪种药?
此案应由哪个法院管辖?
该合同是否有效?
""".strip().splitlines()

STANDING = """
How many mg of a medicine is one dose for a child of 20 kg at 5 mg per kg?
A child weighs 20 kg. How many mg does this child get at 5 mg per kg?
A man of 45 has chest pain. Which test should this patient have first?
Mr Dunn earns 350 dollars a day. How much does this worker lose in 6 days?
If a contract is void for duress, can this contract be ratified?
What is 350 times 6?
How many dollars is 20 percent of 12000 dollars?
What is the first-line treatment of gout in a patient with renal failure?
Which date is 28 days after 2024-02-25?
What is the rule in Hadley v Baxendale?
What is the standard of proof in criminal cases?
What does this symbol mean in chemistry: Na?
What is the effect of this class of drugs, the statins, on LDL?
In a case of negligence, what must the plaintiff prove in this case?
What is the meaning of the term res ipsa loquitur?
Does a patient with asthma tolerate beta blockers?
What is the difference between this and that?
A drip of 700 mL runs over 7 hours. How many mL per hour does this drip give?
What is the passage of time after which a debt is barred?
In which case is a question of fact left to the jury?
What is a leading question?
How is the dose of warfarin adjusted when the INR of a patient is above 5?
Which treatment of this condition, gout, lowers urate?
What is the holding of Marbury v. Madison?
What standard of review applies to the question of fact?
Which muscle relaxes during the delay in the passage of urine?
How many mg of glucose are in the solution if 500 mL of it hold 5 percent?
一名体重60千克的患者，按每千克5毫克给药，该患者每次应用多少毫克?
男，45岁，胸痛2小时，该患者首选哪项检查?
诉讼时效期间是几年?
甲向乙借款10万元，该合同是否有效?
痛风的首选药物是什么?
高血压患者能否使用β受体阻滞剂?
""".strip().splitlines()


@pytest.mark.parametrize("atom", POINTING)
def test_an_atom_that_points_at_what_it_does_not_describe(atom: str) -> None:
    assert points_elsewhere(atom)


@pytest.mark.parametrize("atom", STANDING)
def test_an_atom_that_stands_alone(atom: str) -> None:
    assert not points_elsewhere(atom)
