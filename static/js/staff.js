// Staff shell.
