"""Writes torch.bin and torch.json beside itself: what PyTorch saves of views, shared storages, parameters and a
module's state_dict, and the values that it has. Needs torch (2.4.1 wrote the files here)."""
import json, os, torch

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(0)
base = torch.randn(4, 6)
linear = torch.nn.Linear(3, 2).half()
d = linear.state_dict(prefix="linear.")  # an OrderedDict with the attribute _metadata
d["base"] = base
d["transposed"] = base.t()
d["column"] = base[:, 2]
d["inner"] = base[1:3, 2:5]
d["tied"] = base
d["parameter"] = torch.nn.Parameter(torch.randn(3).bfloat16())
d["double"] = torch.randn(2, 1, 2).double()
d["scalar"] = torch.tensor(2.5)
d["empty"] = torch.zeros(0, 4)
d["positions"] = torch.arange(5)
d["bytes"] = torch.zeros(300, dtype=torch.uint8)[290:]
torch.save(d, f"{here}/torch.bin")
json.dump({k: {"shape": list(v.shape), "values": v.double().flatten().tolist()} for k, v in d.items()},
          open(f"{here}/torch.json", "w"), indent=1)
