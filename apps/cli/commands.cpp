// The verbs: what each takes, and its examples.
#include "command.hpp"

namespace mlsysim::cli {

const std::vector<Command>& commands() {
  static const std::vector<std::string> answer{"text", "json", "csv", "markdown", "html"},
      document{"text", "json", "markdown", "html"}, schema{"text", "json"};
  static const std::vector<Command> all{
      {"eval", "one step of a model on a device", "MODEL HARDWARE | PLAN.yaml",
       "mlsysim eval llama-3-8b h100 --batch-size 32\n  mlsysim eval path/to/plan.yaml\n  mlsysim eval "
       "path/to/config.json "
       "a100 --context 2048 "
       "--explain\n  mlsysim eval llama-3-8b h100 --batch-size 32 --context 2048 --fidelity operator --detail time\n  "
       "mlsysim "
       "eval resnet-50 jetson-orin-nx --precision int8 -o json",
       1, 2, true, false, answer, run_eval},
      {"serve", "a language model at an objective, or at a batch", "MODEL [HARDWARE]",
       "mlsysim serve llama-3-70b --on h100:8 --isl 4000 --osl 500 --request-rate 4 --ttft 2s --tpot 40ms --price "
       "2.50USD/h\n"
       "  mlsysim serve llama-3-70b --on h100:8 --isl 4000 --osl 500 --ttft 2s --precision fp8 --engine compiled "
       "--detail "
       "time\n"
       "  mlsysim serve llama-3-8b h100 --isl 2048 --batch-size 16",
       1, 2, true, false, answer, run_serve},
      {"train", "a training run on a fleet: its layout, time, memory and cost", "MODEL [FLEET]",
       "mlsysim train llama-3-70b --on h100:1024 --global-batch 512 --seq-len 8192 --tokens 15T --price 2.50USD/h\n"
       "  mlsysim train llama-3-70b --on h100:1024 --global-batch 512 --seq-len 8192 --optimize --top 10\n"
       "  mlsysim train llama-3-405b --on h100:8192 --global-batch 1024 --seq-len 8192 --tp 8 --pp 16 --vpp 8 --mbs 1 "
       "--timeline step.svg",
       1, 2, true, false, answer, run_train},
      {"compare", "the same question on several devices", "MODEL HARDWARE HARDWARE…",
       "mlsysim compare llama-3-8b a100 h100 --axis batch-size=1..512:x2\n  mlsysim compare llama-3-70b h200 mi300x "
       "b200 --precision fp8 -o csv\n  mlsysim compare llama-3-8b a100 h100 --why",
       2, -1, true, true, answer, run_compare},
      {"sweep", "a wall over every combination of its axes", "[WALL]",
       "mlsysim sweep --model llama-3-8b --axis hardware=h100,a100 --axis batch-size=1..64:x2 --select "
       "latency,throughput\n"
       "  mlsysim sweep --model llama-3-8b --hardware h100 --axis hardware.memory.bandwidth=1TB/s..8TB/s:8 -o csv",
       0, 1, true, true, answer, run_sweep},
      {"solve", "any wall, by its arguments", "WALL",
       "mlsysim solve single-node --model resnet-50 --hardware a100 --batch-size 64", 1, 1, true, false, answer,
       run_solve},
      {"optimize", "the best of many settings, and why the others fell",
       "parallelism | training | batching | placement [PLAN.yaml]",
       "mlsysim optimize parallelism --model llama-3-70b --fleet h100:256 --batch-size 1024\n  mlsysim optimize "
       "placement "
       "plan.yaml --carbon-tax 100",
       1, 2, true, false, answer, run_optimize},
      {"calibrate", "one measurement to an efficiency, a file of them to an engine's pace",
       "MODEL HARDWARE | FILE.csv…",
       "mlsysim calibrate mine.csv --engine server --save mine.yaml --on b200\n  mlsysim calibrate llama-3-8b h100 "
       "--batch-size 512 --measured token_throughput=24000 --transfer b200,a100\n"
       "  mlsysim calibrate resnet-50 a100 --batch-size 256 --is-training --measured latency=0.1s --save mine.yaml",
       1, -1, true, false, document, run_calibrate},
      {"sensitivity", "how much a result depends on each figure", "RESULT",
       "mlsysim sensitivity latency --model llama-3-8b --hardware h100\n  mlsysim sensitivity itl --wall serving "
       "--model llama-3-70b --hardware h100 --tp 4 --batch-size 16 --step 0.2",
       1, 1, true, false, answer, run_sensitivity},
      {"target", "what it takes for a result to meet a bound", "RESULT",
       "mlsysim target latency --at-most 4ms --model llama-3-8b --hardware h100\n  mlsysim target token_throughput "
       "--at-least 20000 --model llama-3-8b --hardware h100 --vary batch_size,hardware.memory.bandwidth",
       1, 1, true, false, answer, run_target},
      {"validate",
       "predictions beside what was measured",
       "[FILE.csv…]",
       "mlsysim validate\n  mlsysim validate --metric ttft --rows\n  mlsysim validate mine.csv --why-not\n  mlsysim "
       "validate mine.csv -o json",
       0,
       -1,
       false,
       false,
       {"text", "json", "csv", "markdown", "html", "svg"},
       run_validate},
      {"audit", "this machine measured, and what predictions of it are worth", "",
       "mlsysim audit\n  mlsysim audit -w gpt2-xl\n  mlsysim audit --save here.yaml", 0, 0, false, false, document,
       run_audit},
      {"explain", "the derivation of a result, with the numbers in it", "RESULT…",
       "mlsysim explain latency --model llama-3-8b --hardware h100 --batch-size 32\n  mlsysim explain energy mfu "
       "--model resnet-50 --hardware t4",
       0, -1, true, false, document, run_explain},
      {"efficiency", "which efficiency (eta) to give, and the twelve factors that it is made of", "[SCENARIO]",
       "mlsysim efficiency\n  mlsysim efficiency decode-batch-1\n  mlsysim efficiency --explain", 0, 1, false, false,
       document, run_efficiency},
      {"zoo", "the catalog: devices, models, grids, and their sources",
       "[KIND | NAME | new FILE --like NAME | check FILE]",
       "mlsysim zoo\n  mlsysim zoo accelerators\n  mlsysim zoo h100\n  mlsysim zoo new mychip.yaml --like h100\n  "
       "mlsysim zoo check mychip.yaml",
       0, 2, false, false, answer, run_zoo},
      {"walls", "the walls that can be asked", "", "mlsysim walls", 0, 0, false, false, document, run_walls},
      {"formula", "one law: its equation, or its value for arguments", "[NAME]",
       "mlsysim formula\n  mlsysim formula ridge-point\n  mlsysim formula ring-all-reduce-time --message 1GB --devices "
       "8 "
       "--bandwidth 50GB/s --latency 500ns",
       0, 1, false, false, document, run_formula},
      {"schema", "JSON Schema of a plan, a question, a catalog file or a measurement",
       "[plan | WALL | KIND | measurement]",
       "mlsysim schema plan\n  mlsysim schema single-node\n  mlsysim schema accelerator", 0, 1, false, false, schema,
       run_schema},
      {"plot",
       "a picture as SVG",
       "roofline MODEL HARDWARE… | tornado RESULT",
       "mlsysim plot roofline llama-3-8b h100 a100 --axis batch-size=1..512:x2 --output-file roofline.svg\n  mlsysim "
       "plot roofline llama-3-8b h100 --fidelity operator --batch-size 32 --output-file operators.svg\n  mlsysim "
       "plot tornado latency --model llama-3-8b --hardware h100 --output-file tornado.svg",
       2,
       -1,
       true,
       true,
       {"svg"},
       run_plot},
  };
  return all;
}

}  // namespace mlsysim::cli
