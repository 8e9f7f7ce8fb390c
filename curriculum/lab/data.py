"""The data that lessons run on; `curriculum/lab/data/DATASHEET.md` says what it is and what it must not be used for."""

from pathlib import Path

import pandas as pd

from curriculum.lab.errors import LabError

ADULT = Path(__file__).parent / "data" / "adult.parquet"


def adult() -> pd.DataFrame:
    """The UCI Adult data: 48,842 people of the 1994 US census survey, one row each, training rows first.

    Columns, units and missing values are described in the datasheet; the target is `income_over_50k`.
    Raises `LabError` when the file is missing.
    """
    if not ADULT.is_file():
        raise LabError(f"The data file {ADULT} is missing; restore it from the course you got.")
    return pd.read_parquet(ADULT)
