/* A program without the verifier: what the sizes of others are held against. */

int main(void) { return 0; }
