// Measurements in Python: cases, and their predictions under other constants of engines.
#include <algorithm>

#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>

#include "bindings.hpp"
#include "mlsysim/evidence/calibrate_files.hpp"
#include "mlsysim/report/calibration.hpp"
#include "mlsysim/report/validation.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {
namespace {

/// The published measurements, or those of a file; raises where it can't be read.
MeasurementFiles opened(const std::string& path) {
  raise_first(user_problems());
  auto files = open_measurements(path.empty() ? std::vector<std::string>{} : std::vector{path});
  if (files.all.empty()) raise(files.unreadable.front());
  return files;
}

nb::str text(std::string_view t) { return nb::str(t.data(), t.size()); }

nb::object of_inference(const Case& c) {
  const auto& q = c.inference();
  const std::string generation = c.posed() ? generation_of(*catalog().find("accelerator", c.chip), catalog()) : std::string();
  return record({{"generation", text(generation)},
                 {"of_roof", nb::cast(roof_share(c).share)},
                 {"tp", nb::cast(q.tp_size)},
                 {"batch", nb::cast(q.batch_size)}});
}

nb::object of_training(const Case& c) {
  const auto& q = c.training();
  return record({{"generation", text(c.kernels)},
                 {"tp", nb::cast(q.tp_size)},
                 {"pp", nb::cast(q.pp_size)},
                 {"cp", nb::cast(q.cp_size)},
                 {"ep", nb::cast(q.ep_size)},
                 {"vpp", nb::cast(q.v_stages)},
                 {"mbs", nb::cast(q.microbatch_size)},
                 {"batch", nb::cast(q.batch_size)},
                 {"seq", nb::cast(q.seq_len.base)},
                 {"devices", nb::cast(q.fleet.nodes * q.fleet.node.accelerators)},
                 {"precision", text(word(q.precision))},
                 {"release", nb::cast(q.release)},
                 {"recomputation", text(Words<Recomputed>::all[static_cast<int>(q.recomputation)])}});
}

class Evidence {
 public:
  explicit Evidence(const std::string& path) : files_(opened(path)) {
    for (const auto* file : files_.all)
      for (auto& c : cases_of(*file, catalog())) cases_.push_back(std::move(c));
  }
  Evidence(const Evidence&) = delete;
  std::size_t count() const { return cases_.size(); }
  nb::list cases() const {
    nb::list list;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Case& c = cases_[i];
      nb::object made = record({{"index", nb::cast(i)},
                                {"id", text((*c.row)["id"])},
                                {"line", nb::cast(c.row->line)},
                                {"engine", text(c.engine)},
                                {"regime", text(c.regime)},
                                {"model", text(c.model)},
                                {"chip", text(c.chip)},
                                {"source", text(c.source)},
                                {"experiment", text(c.experiment)},
                                {"metric", c.posed() ? nb::object(nb::str(word(c.metric))) : nb::none()},
                                {"unit", c.posed() ? nb::object(nb::str(unit_of(c.metric))) : nb::none()},
                                {"rate", c.posed() ? nb::object(nb::bool_(is_rate(c.metric))) : nb::none()},
                                {"measured", nb::cast(c.measured)},
                                {"assumed", nb::cast(c.assumed)},
                                {"missing", text(c.missing)},
                                {"reason", text(c.reason)},
                                {"trains", nb::cast(c.trains())}});
      if (c.trains()) made.attr("update")(of_training(c));
      else made.attr("update")(of_inference(c));
      list.append(made);
    }
    return list;
  }
  nb::object predict(const Constants& constants, const std::string& result) const {
    Problems problems;
    const std::vector<double> values = predicted(cases_, constants, problems, result);
    raise_first(problems);
    nb::object column = nb::module_::import_("numpy").attr("empty")(values.size());
    std::ranges::copy(values, nb::cast<nb::ndarray<nb::numpy, double, nb::ndim<1>>>(column).data());
    return column;
  }
  std::vector<std::string> problems() const {
    std::vector<std::string> all;
    for (const auto& problem : files_.unreadable) all.push_back(sentence(problem));
    return all;
  }

 private:
  MeasurementFiles files_;
  std::vector<Case> cases_;
};

}  // namespace

void bind_evidence(nb::module_& m) {
  m.def(
      "validate",
      [](const std::string& path) {
        const MeasurementFiles files = opened(path);
        return validation_json(validate(files.all, catalog()), files.unreadable)
            .dump(-1, ' ', false, Json::error_handler_t::replace);
      },
      "path"_a = "", "Predictions beside a file's measurements, or the published ones, as a JSON document.");
  m.def(
      "calibrate",
      [](const std::vector<std::string>& paths, const std::string& engine, const std::vector<std::string>& on,
         const std::string& save, const std::string& name) {
        raise_first(user_problems());
        Problems problems;
        std::vector<std::string> notes;
        const auto found = calibrate({paths, engine, on}, catalog(), problems, notes);
        raise_first(problems);
        const auto profile = save.empty() ? std::optional<std::string>("") : profile_text(*found, save, name, problems);
        raise_first(problems);
        const Json json = calibration_json(found->found, found->files.unreadable);
        return std::pair{json.dump(-1, ' ', false, Json::error_handler_t::replace), *profile};
      },
      "paths"_a, "engine"_a = "", "on"_a = std::vector<std::string>(), "save"_a = "", "name"_a = "",
      "The pace of a stack as a JSON document, and the text of its profile where it is to be saved.");
  nb::class_<Evidence>(m, "Evidence", "Measured rows as questions, predicted under any constants of their engines.")
      .def(nb::init<const std::string&>(), "path"_a = "")
      .def_prop_ro("count", &Evidence::count, "Rows that were read.")
      .def_prop_ro("problems", &Evidence::problems, "Rows that could not be read, and why.")
      .def("cases", &Evidence::cases, "A dict for each row; `reason` says why one can't be predicted.")
      .def("predict", &Evidence::predict, "constants"_a = nb::dict(), "result"_a = "",
           "A prediction for each row, in the unit of its case; NaN where it has a reason. Constants of engines, training "
           "stacks and kernels are named \"id.field\" and in base units. result asks rows of training for another result.");
}

}  // namespace bindings
