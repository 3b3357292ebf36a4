"""Load adapters of stacked experts with PEFT itself, and compare the ΔW that PEFT would add with a plain reading of the files.

    PEFT_SRC=<folder with peft/> peft_experts.py CLIENTS ADAPTER...

CLIENTS is the folder of peft_client.py, whose stand-ins take the place of the libraries around PEFT. The base model is a toy: a module with
one parameter [experts, out, in] for each pair. PEFT 0.19.1 or later is needed, which has the inputs in A.
"""
import os
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import peft_client  # noqa: E402
import reader  # noqa: E402

sys.path.insert(0, os.environ["PEFT_SRC"])
peft_client.stand_ins()
import peft  # noqa: E402
import torch  # noqa: E402

PREFIX = "base_model.model."


def main():
    bad = 0
    for folder in sys.argv[2:]:
        ours = reader.Adapter.open(folder)
        root = torch.nn.Module()
        root.config = {"model_type": "toy"}
        want = {}
        holders = sorted({key.replace(".base_layer", "") for key in ours.pairs})
        for holder in holders:
            module = root
            for part in holder.removeprefix(PREFIX).split("."):
                if not hasattr(module, part):
                    module.add_module(part, torch.nn.Module())
                module = getattr(module, part)
            module.forward = lambda x: x
            for name, key in (("gate_up_proj", holder + ".base_layer"), ("down_proj", holder)):
                if key not in ours.pairs:
                    continue
                a, b, _ = ours.pairs[key]
                parameter = holder.removeprefix(PREFIX) + "." + name
                rank = int(reader.pattern(ours.config.get("rank_pattern"), parameter, ours.config["r"]))
                experts = len(a) // rank
                # row e·r+k of A, column k·E+e of B
                delta = np.stack([ours.scale(parameter, rank) * b[:, e::experts] @ a[e * rank:(e + 1) * rank] for e in range(experts)])
                module.register_parameter(name, torch.nn.Parameter(torch.zeros(delta.shape)))
                want[parameter] = delta
        known = peft.LoraConfig.__dataclass_fields__
        config = peft.LoraConfig(**{k: v for k, v in ours.config.items() if k in known and k not in ("task_type", "peft_type", "auto_mapping")})
        model = peft.PeftModel.from_pretrained(root, folder, config=config)
        loaded, worst = 0, 0.0
        for name, layer in model.named_modules():
            if hasattr(layer, "parameter_name"):
                parameter = name.replace(".base_layer", "").removeprefix(PREFIX) + "." + layer.parameter_name
                theirs = layer.get_delta_weight("default").double().numpy()
                worst = max(worst, abs(theirs - want[parameter]).max() / abs(want[parameter]).max())
                loaded += 1
        ok = loaded == len(want) and worst < 1e-5
        bad += not ok
        print(f"{folder}: PEFT {peft.__version__} loads {loaded} of {len(want)} parameters, worst relative difference {worst:.1e}{'' if ok else ' OFF'}")
    sys.exit(bad > 0)


main()
