# The median of a list of numbers; sets `least` and `most`.
function median(list,   a, n, i, j, t)
{
	n = split(list, a, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && a[j - 1] + 0 > a[j] + 0; j--) {
			t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
		}
	least = a[1]; most = a[n]
	return a[int((n + 1) / 2)]
}
