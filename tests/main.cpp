#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

#include "source_dir.hpp"

const char* const source_dir = MLSYSIM_SOURCE_DIR;

int main(int argc, char** argv) {
  // A thousand draws a property, the same ones each time; ten thousand where MLSYSIM_LONG is set (./test --long).
  setenv("RC_PARAMS",
         std::getenv("MLSYSIM_LONG") ? "seed=20261121 max_success=10000" : "seed=20261121 max_success=1000", 0);
  return doctest::Context(argc, argv).run();
}
