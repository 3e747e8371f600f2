"""Writes rows.parquet and rows.json: rows of many types, and the JSON of each.

    python make_rows.py      # pyarrow 26.0.1
"""
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

here = pathlib.Path(__file__).parent
message = pa.struct([("role", pa.string()), ("content", pa.string())])
columns = {
    "z": pa.array([1, 2, None]),
    "text": ["a\n<é>\u2028", "", None],
    "messages": pa.array([[{"role": "user", "content": "hi"}, {"role": "assistant", "content": None}], [], None], pa.list_(message)),
    "inner": pa.array([{"z": 1.5, "a": [1, 2], "b": True}, None, {"z": None, "a": None, "b": False}],
                      pa.struct([("z", pa.float64()), ("a", pa.list_(pa.int64())), ("b", pa.bool_())])),
    "lists": pa.array([[["x"], []], None, [None]], pa.list_(pa.list_(pa.string()))),
    "large": pa.array(["x", "y", "z"], pa.large_string()),
    "small": pa.array([1, -2, None], pa.int8()),
    "words": pa.array(["x", "y", "x"]).dictionary_encode(),
    "map": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int32())),
    "one": pa.array([{"only": "x"}, None, {"only": None}]),
}
table = pa.table(columns)
pq.write_table(table, here / "rows.parquet", compression="zstd", row_group_size=2)
rows = table.to_pylist(maps_as_pydicts="strict")
rows.append(None)
columns["bytes"] = pa.array([b"\xff", None, b"x"])
columns["nan"] = pa.array([float("nan"), float("inf"), 1.0])
table = pa.table(columns)
pq.write_table(table, here / "rows2.parquet", compression="snappy", data_page_version="2.0")
for row in table.to_pylist(maps_as_pydicts="strict"):
    row["bytes"] = None if row["bytes"] in (None, b"\xff") else row["bytes"].decode()
    row["nan"] = row["nan"] if row["nan"] == 1 else None
    rows.append(row)
(here / "rows.json").write_text("\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows) + "\n")
