/* Runs a Lua script: lua SCRIPT [ARGUMENT]...
 *
 * The interpreter itself comes from the crate lua-src, which carries Lua 5.4's sources without its command line.
 */
#include <stdio.h>

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

/* The message with the way to it, as Lua's own command line prints it. */
static int with_traceback(lua_State *lua)
{
    luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: lua SCRIPT [ARGUMENT]...\n");
        return 2;
    }
    lua_State *lua = luaL_newstate();
    if (!lua) {
        fprintf(stderr, "lua: no memory\n");
        return 1;
    }
    luaL_openlibs(lua);
    lua_createtable(lua, argc, 0); /* arg[0] is the script, as usual */
    for (int i = 1; i < argc; i++) {
        lua_pushstring(lua, argv[i]);
        lua_rawseti(lua, -2, i - 1);
    }
    lua_setglobal(lua, "arg");
    lua_pushcfunction(lua, with_traceback);
    int failed = luaL_loadfile(lua, argv[1]) || lua_pcall(lua, 0, 0, -2);
    if (failed)
        fprintf(stderr, "lua: %s\n", lua_tostring(lua, -1));
    lua_close(lua);
    return failed;
}
