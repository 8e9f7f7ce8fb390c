"""Turns off what libraries would report about their use, and their checks for updates.

What is listed was found in the sources of the locked versions in November 2026, and
`tests/lab/test_no_network.py` watches that nothing leaves the machine.
Looked at and silent by themselves: litserve, uvicorn, starlette, scikit-learn, skl2onnx, pandas, pyarrow, matplotlib,
httpx, nbclient, papermill, nbgrader, kubernetes-validate, xllamacpp (where it is started, downloads are switched off).
JupyterLab's announcements and update check have no environment variable: its configuration turns them off.
"""

import os

SETTINGS = {
    # ONNX Runtime 1.32 keeps a device id and a queue of events in the home folder on Linux, and sends them to
    # Microsoft. `disable_telemetry_events()` comes too late: the import has created both by then.
    "ORT_DISABLE_TELEMETRY": "1",
    "FASTAPI_OTEL_AUTO_CONFIGURE": "false",  # FastAPI exports traces by itself if told so from outside
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "SE_AVOID_STATS": "true",  # Selenium Manager, in the browser tests
    "SE_OFFLINE": "true",  # and it would fetch a driver
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",  # the shared convention, for whatever a learner adds
}


def turn_off() -> None:
    """Set `SETTINGS` in this process's environment, and so in that of every process it starts.

    A value that somebody set on purpose is replaced too: a course does not report on its learners.
    """
    os.environ.update(SETTINGS)
