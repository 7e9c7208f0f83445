# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# rates.gp: make bench-plot: build/rates.tsv as two pictures, one above the other.
# gnuplot -e "in='build/rates.tsv'; out='user/plots/flood.svg'" tests/bench/rates.gp
set terminal svg size 720,560 font "sans-serif,13" background "white"
set output out
set multiplot layout 2,1 margins 0.12,0.97,0.11,0.93 spacing 0,0.13
set datafile separator "\t"
set grid ytics lc rgb "#dddddd"
set border 3 lc rgb "#555555"
set tics nomirror
set xrange [-0.25:5.25]
set xtics ("no flood" 0, "10k" 1, "30k" 2, "100k" 3, "300k" 4, "600k" 5)
set key outside top center horizontal samplen 2
rows(v) = sprintf("< grep -P '^%s\\t' %s", v, in)
set style line 1 lc rgb "#b3261e" lw 2 pt 5 ps 0.7
set style line 2 lc rgb "#c77700" lw 2 pt 9 ps 0.8
set style line 3 lc rgb "#5f5f8f" lw 2 pt 13 ps 0.9
set style line 4 lc rgb "#0b6e4f" lw 3 pt 7 ps 0.8

set ylabel "connections that succeed, %"
set yrange [0:105]
plot rows("plain") using 0:3 with linespoints ls 1 title "plain kernel", \
     rows("cookies") using 0:3 with linespoints ls 2 title "kernel cookies", \
     rows("synproxy") using 0:3 with linespoints ls 3 title "nftables synproxy", \
     rows("handfast") using 0:3 with linespoints ls 4 title "handfast"

unset key
set ylabel "99 of 100 answered within, ms"
set xlabel "SYN/s of the flood"
set logscale y
set yrange [0.05:20000]
set format y "%g"
plot rows("plain") using 0:4 with linespoints ls 1, \
     rows("cookies") using 0:4 with linespoints ls 2, \
     rows("synproxy") using 0:4 with linespoints ls 3, \
     rows("handfast") using 0:4 with linespoints ls 4
unset multiplot
