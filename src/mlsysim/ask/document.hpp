#pragma once
// A YAML or JSON document whose mistakes have their line and column. What a plan is made of is read through it.
#include <string>
#include <yaml-cpp/yaml.h>
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

class Document {
 public:
  /// `text` must outlive it.
  Document(std::string path, std::string_view text, Problems& problems)
      : path_(std::move(path)), text_(text), problems_(problems) {}

  void report(const YAML::Mark& mark, std::string argument, std::string message, std::string nearest = {});
  /// What a question found wrong with one argument, under the key or the value that caused it.
  void report(const YAML::Node& key, const YAML::Node& value, const Problems& problems);
  std::string place(const YAML::Mark& mark) const;

  /// Whether `value` is a single value; a problem where it is not.
  bool scalar(const std::string& key, const YAML::Node& value, std::string_view hint = {});
  /// Settles one argument on its own, so that what is wrong with it has its place, and gives it to `question`.
  void give(Question& question, const std::string& argument, const std::string& text, const YAML::Node& key,
            const YAML::Node& value);
  bool sound() const { return problems_.empty(); }

 private:
  std::string path_;
  std::string_view text_;
  Problems& problems_;
};

}  // namespace mlsysim
