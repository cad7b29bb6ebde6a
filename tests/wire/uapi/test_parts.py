from __future__ import annotations

import base64
import json

import pytest

from umcloud.wire.uapi.answers import answer
from umcloud.wire.uapi.batches import (
    BatchItem,
    Target,
    read_task_content,
    write_task_content,
)
from umcloud.wire.uapi.errors import FileUnreadable, TaskContentUnreadable, TooManyTargets
from umcloud.wire.uapi.files import read_file


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()


def test_task_content_as_recorded_from_the_vendors_documentation() -> None:
    text = encoded(
        [
            {
                "TemplateId": "UTA20210101ABCD",
                "SigContent": "优铭云",
                "Target": [
                    {"Phone": "18512345678", "TemplateParams": ["123456"], "UserId": "u-1"},
                    {"Phone": "(60)112345678", "TemplateParams": ["654321"], "ExtendCode": "12"},
                ],
            }
        ]
    )
    items = read_task_content(text)
    assert items == [
        BatchItem(
            "UTA20210101ABCD",
            "优铭云",
            [
                Target("18512345678", ["123456"], UserId="u-1"),
                Target("(60)112345678", ["654321"], ExtendCode="12"),
            ],
        )
    ]
    assert read_task_content(write_task_content(items)) == items


@pytest.mark.parametrize(
    "text",
    [
        "",
        "***",
        encoded({}),
        encoded([]),
        encoded([{"TemplateId": "x", "SigContent": "y", "Target": []}]),
        encoded([{"TemplateId": "x", "Target": [{"Phone": "1"}]}]),
        encoded([{"TemplateId": "x", "SigContent": "y", "Target": [{"Phone": "1", "Extra": 1}]}]),
        encoded([{"TemplateId": "x", "SigContent": "y", "Target": [{"Phone": 1}]}]),
        base64.b64encode(b'["\xff"]').decode(),
    ],
)
def test_unreadable_task_content_is_refused(text: str) -> None:
    with pytest.raises(TaskContentUnreadable):
        read_task_content(text)


def test_a_batch_names_at_most_200_numbers() -> None:
    item = BatchItem("UTA20210101ABCD", "UMCloud", [Target("13800138000")] * 101)
    with pytest.raises(TooManyTargets) as refused:
        read_task_content(write_task_content([item, item]))
    assert refused.value.facts == {"count": 202, "limit": 200}


def test_files_come_as_base64_with_or_without_a_media_type() -> None:
    data = base64.b64encode(b"\xff\xd8\xff").decode()
    assert read_file(data) == b"\xff\xd8\xff"
    assert read_file(f"image/jpeg;base64,{data}") == b"\xff\xd8\xff"
    assert read_file(f"data:image/jpeg;base64,{data}") == b"\xff\xd8\xff"
    for broken in ("a", "照片", "image/jpeg;base64,@@"):
        with pytest.raises(FileUnreadable):
            read_file(broken)


def test_the_envelope() -> None:
    assert json.loads(answer("GetBalance", "r-1", AccountInfo={"Amount": "1.00"})) == {
        "RetCode": 0,
        "Action": "GetBalanceResponse",
        "Message": "",
        "ReqUuid": "r-1",
        "AccountInfo": {"Amount": "1.00"},
    }
    failed = json.loads(answer("SendUSMSMessage", "r-2", code=18013, message="余额不足"))
    assert failed["RetCode"] == 18013
    assert failed["Message"] == "余额不足"
