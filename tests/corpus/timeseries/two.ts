@problemName p
@dimensions 2
@equalLength false
@classLabel true a b
@data
1,2,3:4,5,6:a
1,2:?,4:b
3,1,2:4,5,1:a
1,2:1,4:b
1,2:1,4:a
1,2:1,4:b
