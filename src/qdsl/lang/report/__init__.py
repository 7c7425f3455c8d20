"""Messages: the data of one, the words that need no stage, and how it is shown."""

from qdsl.lang.report.diagnostic import Diagnostic, Diagnostics, Edit, Fix, Label, Severity, error, warning
from qdsl.lang.report.internal import InternalError

__all__ = ["Diagnostic", "Diagnostics", "Edit", "Fix", "InternalError", "Label", "Severity", "error", "warning"]
