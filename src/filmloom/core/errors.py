"""One family of errors; every message says the value, the rule and the nearest thing that works.

FilmloomError
├── UserError            exit 2: the request, a file or an option is wrong
│   ├── RequestError     a field of a request or scene
│   └── CheckpointError  a weights folder is missing, corrupt or of another shape
├── RefusedError         exit 3: refused by safety
├── ResourceError        exit 4: not enough memory or disk
├── NumericsError        exit 1: a step produced non-finite numbers
└── Cancelled            exit 130: the user stopped the work
"""


class FilmloomError(Exception):
    exit_code = 1


class UserError(FilmloomError):
    exit_code = 2


class RequestError(UserError):
    """A field of a request or a scene is outside its rule."""

    def __init__(self, field: str, value: object, rule: str, nearest: object = None):
        hint = "" if nearest is None else f" Nearest that works: {nearest}."
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        super().__init__(f"{field} is {shown}; {rule}.{hint}")
        self.field, self.value, self.rule, self.nearest = field, value, rule, nearest


class CheckpointError(UserError):
    """A weights folder cannot be used as it is."""


class RefusedError(FilmloomError):
    exit_code = 3


class ResourceError(FilmloomError):
    exit_code = 4


class NumericsError(FilmloomError):
    """A computation produced NaN or infinity; the message names the step."""


class Cancelled(FilmloomError):
    exit_code = 130
