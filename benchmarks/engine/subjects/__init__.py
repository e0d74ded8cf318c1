"""The engines that are measured: each module has `open_subject`, and imports its engine by itself."""
