#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

#include "source_dir.hpp"

const char* const source_dir = MLSYSIM_SOURCE_DIR;

int main(int argc, char** argv) {
  // A thousand draws a property, the same ones each time; RC_PARAMS="max_success=10000" draws others.
  setenv("RC_PARAMS", "seed=20261121 max_success=1000", 0);
  return doctest::Context(argc, argv).run();
}
