"""The benchmark of assignment says what was measured."""

from benchmarks.assigning import Figure, described


def test_the_section_has_median_and_95th_percentile():
    section = described([Figure("one is assigned", [0.002] * 94 + [0.009] * 6)])

    assert "| one is assigned | 2.0 ms | 9.0 ms |" in section
