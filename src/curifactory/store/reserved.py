"""Names of files that mean something to us."""

METADATA_SUFFIX = "_metadata.json"
"""How the name of a metadata file ends; before that it is its slot's."""

REPORTABLES = "reportables"
"""Name of the artifact that has what a stage reported."""

STAGING_PREFIX = ".curifactory-"
"""How the names of hidden folders begin in which files are written aside."""
