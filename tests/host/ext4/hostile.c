#include "cases.h"
void cases_hostile(unsigned a) { (void)a; }
