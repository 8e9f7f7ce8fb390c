"""Log records of the learner's process, handed to the handlers that a test has put up; and the levels that it set."""

import logging
from typing import Any


def levels() -> dict[str, int]:
    """The loggers that have a level of their own."""
    manager = logging.Logger.manager
    found = {name: each.level for name, each in manager.loggerDict.items() if isinstance(each, logging.Logger)}
    return {"": logging.root.level} | {name: level for name, level in found.items() if level}


def emit(name: str, level: int, text: str, args: Any, said: str, error: BaseException | None) -> None:
    """Give a record to the handlers of this process. What no handler takes was shown where it was logged."""
    trace = (type(error), error, None) if error is not None else None
    logger = logging.getLogger(name)
    record = logger.makeRecord(name, level, "<learner>", 0, text, (), trace)
    record.args = args
    try:
        is_same = record.getMessage() == said
    except Exception:  # its arguments have crossed as something else
        is_same = False
    if not is_same:
        record.msg, record.args = said, ()
    if logger.hasHandlers():
        logger.callHandlers(record)
