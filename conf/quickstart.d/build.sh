# Building, out of tree and without writing to the tree: a copy of the
# sources is kept in DIR/src, built in DIR/build, installed in DIR/inst.

# The files of the source tree, but for what building in it may have left.
source_files()
{
	(cd "$TOP" && find . \
	    \( -name .git -o -name node_modules -o -name autom4te.cache \
	    -o -name .deps -o -path ./run -o -path ./build \
	    -o -path "${DIR/#"$TOP"/.}" \) -prune -o -type f \
	    ! -name '*.o' ! -name '*.a' ! -name '*.mo' ! -name '*.log' ! -name '*.trs' \
	    ! -name '*.gcda' ! -name .dirstamp ! -path ./Makefile \
	    ! -path ./config.h ! -path ./config.status ! -path ./stamp-h1 \
	    -print | sort)
}

# Bring DIR/src up to date: newer files are copied, vanished ones removed.
source_copy()
{
	local list=$DIR/src.list
	mkdir -p "$DIR/src"
	source_files >"$list.new" || die "cannot list $TOP"
	if [ -f "$list" ]; then
		comm -23 "$list" "$list.new" |
		    (cd "$DIR/src" && xargs -r -d '\n' rm -f --)
	fi
	(cd "$TOP" && xargs -r -d '\n' cp -u --parents \
	    --preserve=mode,timestamps -t "$DIR/src" <"$list.new") ||
	    die "cannot copy $TOP to $DIR/src"
	chmod -R u+w "$DIR/src"
	mv "$list.new" "$list"
}

# build_configure ARGUMENT...
build_configure()
{
	local arguments=$*
	mkdir -p "$DIR/build"
	if [ ! -e "$DIR/src/configure" ]; then
		say "Making configure"
		logged autoreconf autoreconf \
		    autoreconf -fi "$DIR/src"
	fi
	if [ ! -e "$DIR/build/config.status" ] ||
	    [ "$arguments" != "$(cat "$DIR/build.arguments" 2>/dev/null)" ]
	then
		say "Configuring"
		(cd "$DIR/build" && logged configure configure \
		    "$DIR/src/configure" --prefix="$DIR/inst" "$@") || exit 1
		printf '%s' "$arguments" >"$DIR/build.arguments"
	fi
}

# Build and install what has changed; nothing is said when nothing has.
build_install()
{
	local stamp=$DIR/inst.stamp
	if [ -e "$stamp" ] && [ -z "$(find "$DIR/src" "$DIR/build.arguments" \
	    -type f -newer "$stamp" -print -quit)" ]; then
		return 0
	fi
	say "Building"
	logged make make make -C "$DIR/build" -j"$(nproc)"
	logged make "make install" make -C "$DIR/build" install
	touch "$stamp"
}

# build ARGUMENT...: all of it, with arguments for configure
build()
{
	umask 022
	source_copy
	build_configure "$@"
	build_install
}
