#include "cases.h"
void cases_cut(unsigned a) { (void)a; }
