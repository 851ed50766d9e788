"""What a run amounts to and what it leaves behind.

`verdict`, `triage`, `report_lines`, `junit` and `statement` are pure; `run_report` puts them together, `run_results`
tells everybody, `run_folder` and `evidence` keep it; `source_state` says of what tree.
"""
