#!/usr/bin/env python3
"""GPT-2 pretraining, the entry that torchrun starts: `torchrun --nproc_per_node 8 gpt2.py --preset 124M --data-dir
/data`.

Runs from the repository (modules in kilogpu_training/) and from one flat folder, as a ConfigMap mounts it (modules
beside
this file). Both give the same package name, so the modules' relative imports work in either.
"""

import os
import sys
import types

# Not realpath: a ConfigMap's files are links into a dated folder that disappears when the ConfigMap is updated.
HERE = os.path.dirname(os.path.abspath(__file__))
if os.path.isdir(os.path.join(HERE, "kilogpu_training")):
    sys.path.insert(0, HERE)
else:
    package = types.ModuleType("kilogpu_training")
    package.__path__ = [HERE]
    sys.modules["kilogpu_training"] = package

from kilogpu_training.config import parse  # noqa: E402
from kilogpu_training.run import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(parse(sys.argv[1:])))
