# Thin aliases: each target is the command of the same name in scripts/dev.py, which needs nothing
# but Python and explains itself with `make` alone.
#   make run ARGS="--server.port 8600"      make test ARGS="-k basis"      make run PYTHON=python3.12
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: run test quick check bench fuzz docs lock help

run test quick check bench fuzz docs lock help:
	@$(PYTHON) scripts/dev.py $@ $(ARGS)
