#include "command.hpp"

int main(int argc, char** argv) { return mlsysim::cli::run(argc, argv); }
