"""Makes `curriculum/lab/data/adult.parquet` from the files `adult.data` and `adult.test` of UCI's data set 2.

    python tools/convert_adult.py FOLDER_WITH_THE_TWO_FILES

Both files are checked against the checksums in the datasheet first. Author's tool: learners never need it.
"""

import hashlib
import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parent.parent / "curriculum" / "lab" / "data" / "adult.parquet"
SHA256 = {
    "adult.data": "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d",
    "adult.test": "a2a9044bc167a35b2361efbabec64e89d69ce82d9790d2980119aac5fd7e9c05",
}
COLUMNS = [
    "age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship",
    "race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "label",
]  # fmt: skip


def read(folder: Path, name: str, split: str) -> pd.DataFrame:
    """One of the two files as a table with a `split` column. Raises `ValueError` when it is not the known file."""
    if hashlib.sha256((folder / name).read_bytes()).hexdigest() != SHA256[name]:
        raise ValueError(f"{folder / name} is not the file the datasheet describes: its SHA-256 differs.")
    table = pd.read_csv(
        folder / name, names=COLUMNS, comment="|", skipinitialspace=True, na_values="?", keep_default_na=False
    )
    return table.assign(split=split)


def convert(folder: Path) -> pd.DataFrame:
    """Both files, training rows first, with the label as a boolean."""
    table = pd.concat([read(folder, "adult.data", "train"), read(folder, "adult.test", "test")], ignore_index=True)
    label = table.pop("label").str.rstrip(".")  # labels of the test file end in a full stop
    table.insert(len(table.columns) - 1, "income_over_50k", label.map({"<=50K": False, ">50K": True}).astype(bool))
    return table


if __name__ == "__main__":
    convert(Path(sys.argv[1])).to_parquet(OUT, compression="zstd", compression_level=19, index=False)
    print(f"{OUT}: {OUT.stat().st_size:,} bytes, SHA-256 {hashlib.sha256(OUT.read_bytes()).hexdigest()}")
