"""What is said of a bad file can be read by a person and kept by the database."""

from foundation.verdicts import OTHERWISE, REMEDIES, BadFile, RowProblem, remedy, visible


def test_hidden_characters_are_spelled_out_and_long_texts_cut():
    assert visible("plain") == "plain"
    assert visible("Größe") == "Größe"
    assert visible("a\x00b\u202ec\ud800") == "a\\u0000b\\u202ec\\ud800"
    assert visible("\U000e0001") == "\\U000e0001"
    assert len(visible("x" * 1_000_000)) == 200
    assert visible("x" * 1_000_000).endswith("…")
    assert visible("\u202e" * 200).startswith("\\u202e")
    assert len(visible("\u202e" * 200)) == 200


def test_a_problem_shows_its_value_safely_and_says_what_to_do():
    problem = RowProblem(3, "name", "a\x07", "TEXT", "hidden")
    assert problem.value == "a\\u0007"
    assert problem.remedy == REMEDIES["TEXT"]
    assert RowProblem(3, "name", "", "PAY-10", "sent before").remedy == OTHERWISE
    assert RowProblem(3, "name", "", "NO_OWNER", "nobody", "Recycle.").remedy == "Recycle."
    assert remedy("NUMBER") == "Write the number with digits and a point, such as 1234.56."
    assert problem.as_facts()["row"] == 3


def test_a_bad_file_is_a_problem_of_row_nought_unless_it_says_which():
    assert BadFile("EMPTY", "the file is empty").problem.row == 0
    bad = BadFile("ENCODING", "not UTF-8", row=3, column="name", value="\xff")
    assert (bad.problem.row, bad.problem.column, bad.problem.value) == (3, "name", "ÿ")
