int probe(int argc, char** argv);
int main(int argc, char** argv) { return probe(argc, argv); }
