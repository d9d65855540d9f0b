// operator new and delete in all their forms; the argument says what happens when memory is short.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

struct alignas(256) Wide {
    char bytes[512];
};

static int failures, handled;

static void check(const char *what, bool holds) {
    if (!holds) failures++;
    std::printf("%s: %s\n", what, holds ? "yes" : "NO");
}

static bool throws(std::size_t size) {
    try {
        char *volatile block = new char[size];
        delete[] block;
        return false;
    } catch (const std::bad_alloc &) {
        return true;
    }
}

static void give_up_the_third_time() {
    if (++handled == 3) std::set_new_handler(nullptr);
}

static void throw_something_else() { throw std::length_error("the handler's own"); }

int main(int argc, char **argv) {
    const std::string which = argc > 1 ? argv[1] : "";
    volatile std::size_t huge = SIZE_MAX / 4;
    if (which == "uncaught") delete[] new char[huge];
    if (which == "wrong size") {
        void *volatile block = ::operator new(100);
        ::operator delete(block, static_cast<std::size_t>(200));
        std::puts("survived");
        return 0;
    }
    check("new gives what delete takes", [] {
        for (std::size_t size = 0; size < 3000000; size = size * 3 + 1) {
            char *block = new char[size];
            std::memset(block, 1, size);
            delete[] block;
            void *raw = ::operator new(size);
            ::operator delete(raw, size);
            raw = ::operator new[](size, std::nothrow);
            if (!raw) return false;
            ::operator delete[](raw, std::nothrow);
        }
        return true;
    }());
    check("aligned new aligns", [] {
        std::vector<Wide *> wide;
        bool all = true;
        for (int i = 0; i < 100; i++) {
            wide.push_back(new Wide);
            all = all && reinterpret_cast<std::uintptr_t>(wide.back()) % 256 == 0;
        }
        for (Wide *one : wide) delete one;
        void *page = ::operator new(100, std::align_val_t(8192), std::nothrow);
        all = all && page && reinterpret_cast<std::uintptr_t>(page) % 8192 == 0;
        ::operator delete(page, std::align_val_t(8192));
        return all;
    }());
    check("new of too much throws bad_alloc", throws(huge));
    check("nothrow new of too much gives null", new (std::nothrow) char[huge] == nullptr);
    check("aligned nothrow new of too much gives null", ::operator new(huge, std::align_val_t(64), std::nothrow) == nullptr);
    std::set_new_handler(give_up_the_third_time);
    check("the handler is called until it gives up", throws(huge) && handled == 3);
    std::set_new_handler(throw_something_else);
    bool passed = false;
    try {
        throws(huge);
    } catch (const std::length_error &) {
        passed = true;
    }
    check("what the handler throws arrives", passed);
    std::set_new_handler(nullptr);
    return failures;
}
