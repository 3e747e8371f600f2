"""Makes rows with the hub's columns of those that mosaicml/llm-foundry has below
scripts/eval/local_data, for where the hub is not at hand:

    python taskrows.py LOCAL_DATA OUT
    sparsellm eval --task-data OUT --tasks boolq,winogrande,…

BoolQ's passages lack their titles; WinoGrande's options are what differs between
its two contexts.
"""
import json
import os
import sys


def read(folder, name):
    with open(os.path.join(folder, name + ".jsonl"), encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def lettered(row):
    letters = "ABCDEFGH"[: len(row["choices"])]
    return {"choices": {"text": row["choices"], "label": list(letters)}, "answerKey": letters[row["gold"]]}


def question(row):
    return row["query"].removeprefix("Question: ").rstrip("\n")


def boolq(row):
    passage, _, ask = row["query"].removeprefix("Passage: ").rpartition("\nQuestion: ")
    return {"question": ask.rstrip("\n").removesuffix("?"), "passage": passage, "label": row["gold"]}


def winogrande(row):
    one, two = row["context_options"]
    same = os.path.commonprefix([one, two])
    at = same.rfind(" ") + 1
    return {"sentence": one[:at] + "_ " + row["continuation"], "option1": one[at:], "option2": two[at:], "answer": str(row["gold"] + 1)}


TASKS = {
    "boolq": ("reading_comprehension/boolq", boolq),
    "winogrande": ("language_understanding/winogrande", winogrande),
    "arc_easy": ("world_knowledge/arc_easy", lambda r: {"question": question(r), **lettered(r)}),
    "arc_challenge": ("world_knowledge/arc_challenge", lambda r: {"question": question(r), **lettered(r)}),
    "openbookqa": ("commonsense_reasoning/openbook_qa", lambda r: {"question_stem": r["query"], **lettered(r)}),
    "piqa": ("commonsense_reasoning/piqa", lambda r: {"goal": question(r), "sol1": r["choices"][0], "sol2": r["choices"][1], "label": r["gold"]}),
    "lambada_openai": ("language_understanding/lambada_openai", lambda r: {"text": r["context"] + " " + r["continuation"]}),
}

for task, (name, make) in TASKS.items():
    with open(os.path.join(sys.argv[2], task + ".jsonl"), "w", encoding="utf-8") as f:
        for row in read(sys.argv[1], name):
            f.write(json.dumps(make(row), ensure_ascii=False) + "\n")
