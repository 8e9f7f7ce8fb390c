"""The data that lessons run on; `curriculum/lab/data/DATASHEET.md` says what it is and what it must not be used for."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from curriculum.lab.errors import LabError

ADULT = Path(__file__).parent / "data" / "adult.parquet"


def adult() -> pd.DataFrame:
    """The UCI Adult data: 48,842 people of the 1994 US census survey, one row each, training rows first.

    Columns, units and missing values are described in the datasheet; the target is `income_over_50k`.
    Raises `LabError` when the file is missing.
    """
    if not ADULT.is_file():
        raise LabError(f"The data file {ADULT} is missing; restore it from the course you got.")
    # In this thread: the pools that pandas.read_parquet starts would outlive the call, and a process that other
    # processes are forked from, as a grader's is, must not have threads.
    return pq.ParquetFile(ADULT, pre_buffer=False).read(use_threads=False).to_pandas(use_threads=False)
