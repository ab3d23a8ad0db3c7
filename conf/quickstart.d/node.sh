# Node for the demonstration and the tests: the machine's if it is 20 or
# later, else release 22 from npm, which Debian 12's old one can install.

node_is_recent()
{
	"$1" -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' \
	    >/dev/null 2>&1
}

# Sets NODE.
find_node()
{
	local own=$DIR/node/node_modules/node/bin/node
	NODE=$(has node) && node_is_recent "$NODE" && return
	NODE=$own
	node_is_recent "$NODE" && return
	say "Installing Node 22 from npm (here: $(node --version))"
	mkdir -p "$DIR/node"
	logged npm "npm install node" npm install --prefix "$DIR/node" \
	    --no-audit --no-fund --no-save node@22
	node_is_recent "$NODE" || die "$NODE does not run; see $DIR/log/npm.log"
}

# node_packages FOLDER NAME: what FOLDER/package-lock.json lists is installed
# in DIR/NAME/node_modules, again only when the list has changed
node_packages()
{
	local from=$1 to=$DIR/$2
	mkdir -p "$to"
	if [ ! -e "$to/installed.json" ] ||
	    ! cmp -s "$from/package-lock.json" "$to/installed.json"; then
		say "Installing npm packages for ${from#"$TOP"/}"
		cp "$from/package.json" "$from/package-lock.json" "$to/"
		(cd "$to" && logged npm "npm ci" npm ci --ignore-scripts \
		    --no-audit --no-fund) || exit 1
		cp "$from/package-lock.json" "$to/installed.json"
	fi
}
